/* What is published in a scenario, the board's and the server's, appended to the file $SAID as lines "TOPIC PAYLOAD", which
 * tests/checks/judge.py holds against the schemas. Without $SAID nothing is written.
 */
#pragma once

#include "board/config/config.h"
#include "protocol/record.h"

void said_begin(const struct config *config); /* borrowed until said_end() */
void said_end(void);
void said_by_board(const struct record_publish *publish);
void said_by_server(const struct message *message);
