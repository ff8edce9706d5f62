/* Makes a voice pack by espeak-ng: `kezek-voice --build LANG FOLDER`, one word a line on the standard input. */
#pragma once

/* Writes a file for each word and then the manifest into the folder, which is made. An exit status; says on the standard error what is wrong. */
int build_pack(const char *lang, const char *folder);
