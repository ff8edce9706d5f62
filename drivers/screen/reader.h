/* Opens and reads one card, on a worker of its own: what hangs on that card lets nobody else wait. One reading at a time; more
 * wishes are one. Loop only. Private to drivers/screen.
 */
#pragma once

#include "drivers/screen/kms.h"
#include "drivers/screen/worker.h"

struct reader;
/* For the card of that node ("/dev/dri/card0"), which the first reading opens. NULL: out of memory or threads. */
struct reader *reader_create(struct workers *workers, const char *node);
/* NULL until the news of its opening were taken. Open until reader_let_go(), and longer for those who hold it. */
struct kms_card *reader_card(const struct reader *reader);
/* Why it is not open, after its news were taken; "" nothing is wrong. */
const char *reader_trouble(const struct reader *reader);
/* After what is being read, closes the card. NULL is fine. */
void reader_let_go(struct reader *reader);
/* As kms_card_read(), and before it, the first time, as kms_card_open(). The end shows on workers_fd(), but if it comes within `patience_us`. While it reads, and until its news
 * have been taken, the wish is kept. */
void reader_read(struct reader *reader, bool is_probe, int64_t patience_us);
bool reader_is_reading(const struct reader *reader);
bool reader_has_news(const struct reader *reader);
/* How many outputs there are in *list, or -errno; the list is valid until the next call. A reader that could not open its card is
 * of no more use. */
int reader_take(struct reader *reader, const struct output **list);
/* Reads what was wished for meanwhile; without `may_probe` a probe becomes a look. */
void reader_go_on(struct reader *reader, bool may_probe);
