/*
 * Plain loops that move bytes from one process to another through a pipe, a UNIX socket and TCP
 * over loopback, as lmbench's bw_pipe, bw_unix and bw_tcp do (McVoy & Staelin, "lmbench: Portable
 * Tools for Performance Analysis", USENIX 1996): whole messages of one size written, whatever comes
 * read, nothing touched.
 *
 *   ipc_loops pipe|unix|tcp MESSAGE_BYTES TOTAL_BYTES WRITERS_CPU READERS_CPU
 *
 * prints bytes per second, by the reader's clock from its first byte's message to the end.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0)
        die("sched_setaffinity");
}

static void connect_over_loopback(int ends[2])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof name;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listening, (struct sockaddr *)&name, sizeof name) < 0 || listen(listening, 1) < 0 ||
        getsockname(listening, (struct sockaddr *)&name, &length) < 0 ||
        connect(ends[1], (struct sockaddr *)&name, sizeof name) < 0 ||
        (ends[0] = accept(listening, NULL, NULL)) < 0)
        die("TCP over loopback");
    close(listening);
}

/* ends[0] is read, ends[1] written. */
static void open_ends(const char *kind, int ends[2])
{
    if (strcmp(kind, "pipe") == 0 && pipe(ends) < 0)
        die("pipe");
    else if (strcmp(kind, "unix") == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        die("socketpair");
    else if (strcmp(kind, "tcp") == 0)
        connect_over_loopback(ends);
}

static void write_all(int fd, const char *message, size_t bytes, uint64_t total)
{
    for (uint64_t done = 0; done < total; done += bytes)
        for (size_t at = 0; at < bytes;) {
            ssize_t count = write(fd, message + at, bytes - at);
            if (count < 0)
                die("write");
            at += (size_t)count;
        }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t read_some(int fd, char *message, size_t bytes)
{
    ssize_t count = read(fd, message, bytes);
    if (count <= 0)
        die("read");
    return (uint64_t)count;
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fprintf(stderr, "usage: %s pipe|unix|tcp MESSAGE_BYTES TOTAL_BYTES CPU CPU\n", *arguments);
        return 2;
    }
    size_t bytes = strtoul(arguments[2], NULL, 10);
    uint64_t total = strtoull(arguments[3], NULL, 10) / bytes * bytes;
    int ends[2];
    char *message = malloc(bytes);
    if (!message)
        die("malloc");
    memset(message, 1, bytes);
    open_ends(arguments[1], ends);
    pid_t writer = fork();
    if (writer == 0) {
        pin(atoi(arguments[4]));
        memset(message, 2, bytes); /* pages of its own */
        write_all(ends[1], message, bytes, total);
        _exit(0);
    }
    pin(atoi(arguments[5]));
    uint64_t first = read_some(ends[0], message, bytes), done = first;
    double begun = seconds();
    while (done < total)
        done += read_some(ends[0], message, bytes);
    printf("%.0f\n", (double)(total - first) / (seconds() - begun));
    waitpid(writer, NULL, 0);
    return 0;
}
