/* What the test pictures share. Internal to board/scene/scene_test*.c. */
#pragma once

#include "board/scene/scene_test.h"
#include "board/scene/stage.h"

#define TEST_GROUND 0x20242cu
#define TEST_PLATE  0x0a0c10u
#define TEST_WHITE  0xffffffu
#define TEST_AMBER  0xffd400u
#define TEST_CYAN   0x36c3dcu

/* What every display shows, also one that hides 5 % at each edge. */
struct rect test_inside(const struct stage *stage);
/* Whose picture it is: in four lines, or in two if the box is flat. */
void test_caption(const struct stage *stage, struct rect box, enum test_pattern pattern);
/* A word on a dark plate, around a point. */
void test_plate(const struct stage *stage, int x, int y, color ink, const char *text);

void test_grid(const struct stage *stage);
void test_bars(const struct stage *stage);
void test_gradient(const struct stage *stage);
void test_text(const struct stage *stage);
void test_motion(const struct stage *stage, uint64_t frame);
