#include "board/scene/phrases.h"

const char *const phrase_keys[PHRASES] = {
#define X(name, key) [PHRASE_##name] = key,
    PHRASE_LIST(X)
#undef X
};
