/* What a television hears over HDMI-CEC, on adapters that the test plays. */
#define DEVICE_FOLDER "/dev"
#include "drivers/screen/cec.h"
#include "tests/unit/device_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cec.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADAPTERS   4
#define FIRST_FD   1000 /* of descriptors that are none */
#define CONNECTOR  107u
#define CARD       1u
#define NO_ADDRESS CEC_PHYS_ADDR_INVALID

static struct adapter {
    int open_error;
    uint32_t capabilities;
    bool knows_connector;
    uint32_t card, connector;
    uint16_t place;    /* physical address: where in the tree of the TV */
    uint8_t claimed;   /* logical address, 0: none yet (0 is the TV's) */
    uint8_t claimable; /* what is free */
    int transmit_error;
    uint8_t tx_status;
    unsigned opens, closes;
    char heard[200]; /* "40:04 4f:82:10:00 " */
} adapter[ADAPTERS];

static int refuse(int error)
{
    errno = error;
    return -1;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    unsigned index;
    if (sscanf(path, "/dev/cec%u", &index) != 1)
        return __real_open(path, flags, 0600);
    assert_int_equal(flags & (O_ACCMODE | O_NONBLOCK), O_RDWR);
    if (adapter[index].open_error)
        return refuse(adapter[index].open_error);
    adapter[index].opens++;
    return (int)(FIRST_FD + index);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    if (fd < FIRST_FD)
        return __real_close(fd);
    adapter[fd - FIRST_FD].closes++;
    return 0;
}

static int set_addresses(struct adapter *mine, struct cec_log_addrs *addresses)
{
    assert_int_equal(addresses->num_log_addrs, 1);
    assert_int_equal(addresses->primary_device_type[0], CEC_OP_PRIM_DEVTYPE_PLAYBACK);
    assert_int_equal(addresses->log_addr_type[0], CEC_LOG_ADDR_TYPE_PLAYBACK);
    assert_string_equal(addresses->osd_name, "Kezek");
    mine->claimed = mine->place == NO_ADDRESS ? 0 : mine->claimable; /* else it waits for a TV */
    addresses->log_addr[0] = mine->claimed;
    addresses->log_addr_mask = mine->claimed ? (uint16_t)(1u << mine->claimed) : 0;
    return 0;
}

static int transmit(struct adapter *mine, struct cec_msg *message)
{
    if (mine->transmit_error)
        return refuse(mine->transmit_error);
    for (unsigned i = 0; i < message->len; i++) {
        size_t length = strlen(mine->heard);
        snprintf(mine->heard + length, sizeof mine->heard - length, "%02x%s", message->msg[i],
                 i + 1 < message->len ? ":" : " ");
    }
    message->tx_status = mine->tx_status;
    return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *at = va_arg(list, void *);
    va_end(list);
    assert_in_range(fd, FIRST_FD, FIRST_FD + ADAPTERS - 1);
    struct adapter *mine = &adapter[fd - FIRST_FD];
    struct cec_connector_info *info = at;
    struct cec_log_addrs *addresses = at;
    switch (request) {
    case CEC_ADAP_G_CAPS: ((struct cec_caps *)at)->capabilities = mine->capabilities; return 0;
    case CEC_ADAP_G_CONNECTOR_INFO:
        info->type = mine->knows_connector ? CEC_CONNECTOR_TYPE_DRM : CEC_CONNECTOR_TYPE_NO_CONNECTOR;
        info->drm.card_no = mine->card;
        info->drm.connector_id = mine->connector;
        return 0;
    case CEC_ADAP_G_LOG_ADDRS:
        addresses->log_addr[0] = mine->claimed;
        addresses->log_addr_mask = mine->claimed ? (uint16_t)(1u << mine->claimed) : 0;
        return 0;
    case CEC_ADAP_S_LOG_ADDRS: return set_addresses(mine, addresses);
    case CEC_ADAP_G_PHYS_ADDR: *(uint16_t *)at = mine->place; return 0;
    case CEC_TRANSMIT: return transmit(mine, at);
    default: fail_msg("request %lx", request); return -1;
    }
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* At our connector, on a TV's second input. */
static struct adapter *add(unsigned index)
{
    char name[16];
    adapter[index] =
        (struct adapter){ .capabilities = CEC_CAP_TRANSMIT | CEC_CAP_LOG_ADDRS | CEC_CAP_CONNECTOR_INFO,
                          .knows_connector = true,
                          .card = CARD,
                          .connector = CONNECTOR,
                          .place = 0x2000,
                          .claimable = 4,
                          .tx_status = CEC_TX_STATUS_OK };
    snprintf(name, sizeof name, "cec%u", index);
    device_folder_put(name, true);
    return &adapter[index];
}

static int start(void **unused)
{
    (void)unused;
    memset(adapter, 0, sizeof adapter);
    if (!device_folder_make())
        return -1;
    device_folder_put("cec", true); /* none of these is an adapter */
    device_folder_put("cec-x", true);
    device_folder_put("ttyS0", true);
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    static const char *const names[] = { "cec", "cec-x", "ttyS0", "cec0", "cec1", "cec2", "cec3" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        device_folder_put(names[i], false);
    return rmdir(device_folder);
}

static const char *tell(bool is_on)
{
    static char result[48];
    strcpy(result, "old");
    cec_tell(CARD, CONNECTOR, is_on, result, sizeof result);
    for (unsigned i = 0; i < ADAPTERS; i++)
        assert_int_equal(adapter[i].opens, adapter[i].closes);
    return result;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void without_an_adapter_nothing_is_wrong(void **unused)
{
    (void)unused;
    assert_string_equal(tell(true), "");
}

static void a_tv_is_woken_and_shown_our_input_and_put_to_sleep_alone(void **unused)
{
    (void)unused;
    struct adapter *mine = add(0);
    assert_string_equal(tell(true), "");
    assert_string_equal(mine->heard, "40:04 4f:82:20:00 ");
    mine->heard[0] = '\0';
    assert_string_equal(tell(false), "");
    assert_string_equal(mine->heard, "40:36 ");
}

static void an_address_that_the_adapter_has_is_used(void **unused)
{
    (void)unused;
    struct adapter *mine = add(0);
    mine->claimed = 8;
    assert_string_equal(tell(false), "");
    assert_string_equal(mine->heard, "80:36 ");
    assert_int_equal(mine->claimed, 8);
}

/* Its hot-plug line is low in stand-by: no EDID, so no place in the tree, so no address. */
static void a_tv_that_sleeps_deeply_is_woken_by_an_unregistered_device(void **unused)
{
    (void)unused;
    struct adapter *mine = add(0);
    mine->place = NO_ADDRESS;
    assert_string_equal(tell(true), "");
    assert_string_equal(mine->heard, "f0:04 ");
}

static void the_adapter_of_our_connector_is_found_among_others(void **unused)
{
    (void)unused;
    add(0)->connector = CONNECTOR + 1;
    add(1)->card = CARD + 1;
    add(2)->knows_connector = false;
    add(3);
    assert_string_equal(tell(false), "");
    assert_string_equal(adapter[3].heard, "40:36 ");
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(adapter[i].heard, "");
}

static void one_that_does_not_know_its_connector_serves_if_it_is_the_only_one(void **unused)
{
    (void)unused;
    add(0)->knows_connector = false;
    assert_string_equal(tell(false), "");
    assert_string_equal(adapter[0].heard, "40:36 ");
    add(0)->capabilities = CEC_CAP_TRANSMIT | CEC_CAP_LOG_ADDRS; /* an old kernel's */
    assert_string_equal(tell(false), "");
    assert_string_equal(adapter[0].heard, "40:36 ");
    add(1)->knows_connector = false;
    assert_string_equal(tell(false), "");
    assert_string_equal(adapter[1].heard, "");
}

static void those_of_other_connectors_and_those_that_only_listen_are_left_alone(void **unused)
{
    (void)unused;
    add(0)->connector = CONNECTOR + 1;
    add(1)->capabilities = CEC_CAP_CONNECTOR_INFO;
    assert_string_equal(tell(true), "");
    assert_string_equal(adapter[0].heard, "");
    assert_string_equal(adapter[1].heard, "");
}

static void what_is_wrong_is_told_so_that_it_fits(void **unused)
{
    (void)unused;
    static const struct {
        int open_error, transmit_error;
        uint8_t tx_status;
        const char *result;
    } rows[] = {
        { 0, 0, CEC_TX_STATUS_NACK | CEC_TX_STATUS_MAX_RETRIES, "the TV did not answer" },
        { 0, 0, CEC_TX_STATUS_ARB_LOST | CEC_TX_STATUS_MAX_RETRIES, "the CEC line is disturbed" },
        { 0, 0, CEC_TX_STATUS_TIMEOUT, "the CEC line is disturbed" },
        { 0, EBUSY, 0, "another program has the CEC adapter" },
        { 0, ENONET, 0, "nothing is connected that speaks CEC" },
        { 0, ENODEV, 0, "the CEC adapter failed" },
        { EACCES, 0, 0, "no access to /dev/cec*: group video" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct adapter *mine = add(0);
        mine->open_error = rows[i].open_error;
        mine->transmit_error = rows[i].transmit_error;
        mine->tx_status = rows[i].tx_status;
        assert_string_equal(tell(true), rows[i].result);
        assert_in_range(strlen(rows[i].result), 1, 47);
        assert_null(strstr(mine->heard, ":82:")); /* who does not hear is not told more */
    }
}

static void an_adapter_that_may_be_opened_counts_more_than_one_that_may_not(void **unused)
{
    (void)unused;
    add(0)->open_error = EACCES;
    add(1);
    assert_string_equal(tell(false), "");
    assert_string_equal(adapter[1].heard, "40:36 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_an_adapter_nothing_is_wrong, start, stop),
        cmocka_unit_test_setup_teardown(a_tv_is_woken_and_shown_our_input_and_put_to_sleep_alone, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_address_that_the_adapter_has_is_used, start, stop),
        cmocka_unit_test_setup_teardown(a_tv_that_sleeps_deeply_is_woken_by_an_unregistered_device, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_adapter_of_our_connector_is_found_among_others, start, stop),
        cmocka_unit_test_setup_teardown(one_that_does_not_know_its_connector_serves_if_it_is_the_only_one,
                                        start, stop),
        cmocka_unit_test_setup_teardown(those_of_other_connectors_and_those_that_only_listen_are_left_alone,
                                        start, stop),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_so_that_it_fits, start, stop),
        cmocka_unit_test_setup_teardown(an_adapter_that_may_be_opened_counts_more_than_one_that_may_not,
                                        start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
