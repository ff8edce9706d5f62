/* Makes a voice pack by espeak-ng: `kezek-voice --build GRAMMAR FOLDER`, with a file for each word that the sentences of a language
 * (board/voices/LANG.json) can have: phrases, numbers to 999, letters. */
#pragma once

/* Writes the files and then the manifest into the folder, which is made; without a manifest it is no pack. An exit status; says on
 * the standard error what is wrong. */
int build_pack(const char *grammar, const char *folder);
