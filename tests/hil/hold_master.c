/* hold_master NODE: becomes DRM master of a card, says so, and keeps it until it is killed. What a forgotten desktop session
 * is to the board. No library: two requests of drm.h. */
#include <drm.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
    if (fd < 0 || ioctl(fd, DRM_IOCTL_SET_MASTER, 0) < 0) {
        perror(argc == 2 ? argv[1] : "usage: hold_master NODE");
        return 1;
    }
    printf("master\n");
    fflush(stdout);
    for (;;)
        pause();
}
