#include "drivers/screen/cec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cec.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FOLDER           "/dev"
#define OSD_NAME         "Kezek" /* in the TV's list of devices */
#define HEADER(from, to) ((uint8_t)((from) << 4 | (to)))

struct wanted {
    unsigned card;
    uint32_t connector;
};

enum match { MATCH_NONE, MATCH_MAYBE, MATCH_EXACT };

/* Does the adapter sit at this connector? One that cannot tell might. */
static enum match match(int fd, const struct wanted *wanted)
{
    struct cec_caps caps = { 0 };
    struct cec_connector_info info = { 0 };
    if (ioctl(fd, CEC_ADAP_G_CAPS, &caps) < 0 || !(caps.capabilities & CEC_CAP_TRANSMIT))
        return MATCH_NONE;
    if (!(caps.capabilities & CEC_CAP_CONNECTOR_INFO) || ioctl(fd, CEC_ADAP_G_CONNECTOR_INFO, &info) < 0 ||
        info.type != CEC_CONNECTOR_TYPE_DRM)
        return MATCH_MAYBE;
    bool is_it = info.drm.card_no == wanted->card && info.drm.connector_id == wanted->connector;
    return is_it ? MATCH_EXACT : MATCH_NONE;
}

/* No O_NONBLOCK: an address and the outcome of a message are waited for. */
static int open_adapter(const char *name)
{
    char path[32];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static bool is_adapter(const char *name)
{
    return strncmp(name, "cec", 3) == 0 && name[3] >= '0' && name[3] <= '9' && strlen(name) < 16;
}

/* What has been found so far. Descriptors, or -1. */
struct search {
    const struct wanted *wanted;
    int exact, maybe;
    unsigned maybes;
    int refused; /* -errno of one that could not be opened */
};

static void consider(struct search *search, const char *name)
{
    int fd = open_adapter(name);
    if (fd < 0) {
        search->refused = fd;
        return;
    }
    enum match found = match(fd, search->wanted);
    search->maybes += found == MATCH_MAYBE;
    if (found == MATCH_EXACT && search->exact < 0)
        search->exact = fd;
    else if (found == MATCH_MAYBE && search->maybe < 0)
        search->maybe = fd;
    else
        close(fd);
}

/* A descriptor; -ENOENT: there is none of ours; else -errno of one that may be ours. */
static int find_adapter(const struct wanted *wanted)
{
    struct search search = { .wanted = wanted, .exact = -1, .maybe = -1, .refused = -ENOENT };
    DIR *folder = opendir(FOLDER);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_adapter(entry->d_name))
            consider(&search, entry->d_name);
    if (folder)
        closedir(folder);
    if (search.exact < 0 && search.maybes == 1)
        return search.maybe;
    if (search.maybe >= 0)
        close(search.maybe);
    return search.exact >= 0 ? search.exact : search.refused;
}

/* Our logical address; unregistered if there is none to be had. A TV that drops the hot-plug line in stand-by leaves no
 * physical address either: it can still be told to wake up (CEC_TRANSMIT, "if the adapter is unconfigured"). */
static uint8_t claim(int fd)
{
    struct cec_log_addrs addresses = { 0 };
    if (ioctl(fd, CEC_ADAP_G_LOG_ADDRS, &addresses) == 0 && addresses.log_addr_mask)
        return addresses.log_addr[0];
    addresses = (struct cec_log_addrs){
        .cec_version = CEC_OP_CEC_VERSION_1_4,
        .num_log_addrs = 1,
        .vendor_id = CEC_VENDOR_ID_NONE,
        .osd_name = OSD_NAME,
        .primary_device_type = { CEC_OP_PRIM_DEVTYPE_PLAYBACK },
        .log_addr_type = { CEC_LOG_ADDR_TYPE_PLAYBACK },
    };
    bool is_claimed = ioctl(fd, CEC_ADAP_S_LOG_ADDRS, &addresses) == 0 && addresses.log_addr_mask;
    return is_claimed ? addresses.log_addr[0] : CEC_LOG_ADDR_UNREGISTERED;
}

static const char *text_of_error(int error)
{
    switch (error) {
    case EBUSY: return "another program has the CEC adapter";
    case EACCES:
    case EPERM: return "no access to /dev/cec*: group video";
    case ENONET:
    case ENOTCONN: return "nothing is connected that speaks CEC";
    default: return "the CEC adapter failed";
    }
}

static const char *text_of_outcome(uint8_t tx_status)
{
    if (tx_status & CEC_TX_STATUS_OK)
        return "";
    if (tx_status & CEC_TX_STATUS_NACK)
        return "the TV did not answer";
    return "the CEC line is disturbed";
}

static const char *transmit(int fd, const uint8_t *bytes, uint32_t length)
{
    struct cec_msg message = { .len = length };
    memcpy(message.msg, bytes, length);
    return ioctl(fd, CEC_TRANSMIT, &message) < 0 ? text_of_error(errno) : text_of_outcome(message.tx_status);
}

static const char *wake(int fd, uint8_t us)
{
    uint16_t place;
    const char *wrong = transmit(fd, (uint8_t[]){ HEADER(us, CEC_LOG_ADDR_TV), CEC_MSG_IMAGE_VIEW_ON }, 2);
    bool is_placed = us != CEC_LOG_ADDR_UNREGISTERED && ioctl(fd, CEC_ADAP_G_PHYS_ADDR, &place) == 0 &&
                     place != CEC_PHYS_ADDR_INVALID;
    if (wrong[0] || !is_placed)
        return wrong;
    const uint8_t source[] = { HEADER(us, CEC_LOG_ADDR_BROADCAST), CEC_MSG_ACTIVE_SOURCE,
                               (uint8_t)(place >> 8), (uint8_t)place };
    return transmit(fd, source, sizeof source);
}

static const char *put_to_sleep(int fd, uint8_t us)
{
    return transmit(fd, (uint8_t[]){ HEADER(us, CEC_LOG_ADDR_TV), CEC_MSG_STANDBY }, 2);
}

void cec_tell(unsigned card, uint32_t connector, bool is_on, char *result, size_t size)
{
    const struct wanted wanted = { card, connector };
    int fd = find_adapter(&wanted);
    if (fd < 0) {
        snprintf(result, size, "%s", fd == -ENOENT ? "" : text_of_error(-fd));
        return;
    }
    uint8_t us = claim(fd);
    snprintf(result, size, "%s", is_on ? wake(fd, us) : put_to_sleep(fd, us));
    close(fd);
}
