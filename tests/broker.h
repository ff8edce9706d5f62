/* A real mosquitto for tests: on a free loopback port, with its configuration in a temporary folder, gone
 * with the test.
 *
 * Header only, so that a test stays one file. Everything waits for conditions, nothing sleeps.
 */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BROKER_TEST __attribute__((unused)) static

struct broker {
    char folder[32];
    char url[64];
    char port_text[8];
    uint16_t port;
    const char *extra; /* more lines of configuration, "" */
    pid_t pid;
};

/* A bound, not listening socket on a loopback port that nobody uses; the port in *port. */
BROKER_TEST int loopback_socket(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

BROKER_TEST uint16_t free_port(void)
{
    uint16_t port;
    close(loopback_socket(&port));
    return port;
}

BROKER_TEST void broker_write_config(const struct broker *broker, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "listener %u 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n"
            "user root\nlog_dest stderr\nlog_type information\nlog_type error\n%s",
            broker->port, broker->extra);
    assert_int_equal(fclose(file), 0);
}

/* Its log says when it listens. */
BROKER_TEST void broker_await_running(FILE *log)
{
    char line[256], last[256] = "nothing";
    while (fgets(line, sizeof line, log)) {
        if (strstr(line, " running"))
            return;
        strcpy(last, line);
    }
    fail_msg("mosquitto did not start: %s", last);
}

/* Also again after broker_kill(): same port, empty memory. */
BROKER_TEST void broker_run(struct broker *broker)
{
    char path[64];
    int log[2];
    snprintf(path, sizeof path, "%s/mosquitto.conf", broker->folder);
    broker_write_config(broker, path);
    assert_int_equal(pipe(log), 0);
    broker->pid = fork();
    assert_true(broker->pid >= 0);
    if (broker->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(log[1], STDERR_FILENO);
        close(log[0]);
        execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    close(log[1]);
    FILE *lines = fdopen(log[0], "r");
    broker_await_running(lines);
    fclose(lines);
}

BROKER_TEST void broker_start(struct broker *broker, const char *extra)
{
    strcpy(broker->folder, "/tmp/kezek-broker-XXXXXX");
    assert_non_null(mkdtemp(broker->folder));
    broker->port = free_port();
    broker->extra = extra;
    snprintf(broker->url, sizeof broker->url, "mqtt://127.0.0.1:%u", broker->port);
    snprintf(broker->port_text, sizeof broker->port_text, "%u", broker->port);
    broker_run(broker);
}

BROKER_TEST void broker_kill(struct broker *broker)
{
    if (broker->pid <= 0)
        return;
    kill(broker->pid, SIGKILL);
    waitpid(broker->pid, NULL, 0);
    broker->pid = 0;
}

BROKER_TEST void broker_stop(struct broker *broker)
{
    char path[64];
    broker_kill(broker);
    snprintf(path, sizeof path, "%s/mosquitto.conf", broker->folder);
    unlink(path);
    rmdir(broker->folder);
}

/* mosquitto_pub with these further arguments (NULL at the end); waits for it and wants it to succeed. */
BROKER_TEST void broker_pub(const struct broker *broker, const char *const *args)
{
    const char *argv[24] = { "mosquitto_pub", "-h", "127.0.0.1", "-p", broker->port_text };
    unsigned n = 5;
    while (*args && n < 23)
        argv[n++] = *args++;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}
#define BROKER_PUB(broker, ...) broker_pub((broker), (const char *const[]){ __VA_ARGS__, NULL })
