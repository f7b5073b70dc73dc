#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/touch.h"

#include <cmocka.h>

enum { MOST = 300 };

static bool touched(enum touch touch, size_t at, size_t bytes)
{
    switch (touch) {
    case TOUCH_HEADER:
        return at < 64;
    case TOUCH_LINES:
        return at % 64 == 0 || at + 1 == bytes;
    case TOUCH_ALL:
        return true;
    case TOUCH_NONE:
    case TOUCHES:
        break;
    }
    return false;
}

/* Each byte changes the value if it is to be touched, and only then. */
static void what_is_touched_is_in_the_value(void **state)
{
    (void)state;
    unsigned char payload[MOST];
    for (size_t bytes = 0; bytes <= MOST; bytes += bytes < 70 ? 1 : 23)
        for (enum touch touch = TOUCH_NONE; touch < TOUCHES; touch++) {
            for (size_t i = 0; i < bytes; i++)
                payload[i] = (unsigned char)(i * 7);
            uint32_t value = touch_payload(touch, payload, bytes);
            for (size_t i = 0; i < bytes; i++) {
                payload[i] ^= 0x10;
                bool changed = touch_payload(touch, payload, bytes) != value;
                if (changed != touched(touch, i, bytes))
                    fail_msg("%s: byte %zu of %zu", touch_names[touch], i, bytes);
                payload[i] ^= 0x10;
            }
        }
}

static void the_place_is_not_in_the_value(void **state)
{
    (void)state;
    unsigned char payload[MOST], elsewhere[MOST + 8];
    for (size_t i = 0; i < MOST; i++)
        payload[i] = (unsigned char)(i * 7);
    for (enum touch touch = TOUCH_NONE; touch < TOUCHES; touch++)
        for (size_t at = 0; at < 8; at++) {
            memcpy(elsewhere + at, payload, MOST);
            assert_int_equal(touch_payload(touch, payload, MOST),
                             touch_payload(touch, elsewhere + at, MOST));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_touched_is_in_the_value),
        cmocka_unit_test(the_place_is_not_in_the_value),
    };
    return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
