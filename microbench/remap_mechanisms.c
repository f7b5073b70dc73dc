#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/nodes.h"
#include "microbench/remap_passage.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4 /* Linux 5.7 */
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 /* Linux 5.11; needs no privilege */
#endif
#ifndef UFFDIO_MOVE /* Linux 6.8: include/uapi/linux/userfaultfd.h */
#define UFFD_FEATURE_MOVE (1 << 16)
struct uffdio_move {
    uint64_t dst, src, len, mode;
    int64_t move;
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

enum { PIPE_BYTES = 1 << 20 }; /* /proc/sys/fs/pipe-max-size, unless changed */

static int refuse(struct fault *fault, const char *call, const char *why)
{
    int error = errno;
    return fail(fault, error == ENOMEM ? ENOMEM : ENOTSUP, "%s failed: %s%s", call, strerror(error),
                why);
}

static bool memcpy_hand_over(struct passage *passage)
{
    passage->copy(passage->consumer.base, passage->producer.base, passage->bytes);
    return true;
}

static bool move(struct passage *passage, const struct mapping *from, const struct mapping *to,
                 int more)
{
    void *got = mremap(from->base, passage->bytes, passage->bytes,
                       MREMAP_MAYMOVE | MREMAP_FIXED | more, to->base);
    return got == to->base || passage_fail(passage, "mremap");
}

static bool mremap_hand_over(struct passage *passage)
{
    return move(passage, &passage->producer, &passage->consumer, 0);
}

static bool mremap_give_back(struct passage *passage)
{
    passage->vacant = move(passage, &passage->consumer, &passage->producer, 0);
    return passage->vacant;
}

static bool dontunmap_hand_over(struct passage *passage)
{
    return move(passage, &passage->producer, &passage->consumer, MREMAP_DONTUNMAP);
}

static int userfaultfd_open(struct passage *passage, const struct mapping_request *request,
                            struct fault *fault)
{
    (void)request;
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (fd < 0 && errno == EINVAL) /* an older kernel, which has no UFFDIO_MOVE either */
        fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (fd < 0)
        return refuse(fault, "userfaultfd", " (forbidden, or not in this kernel)");
    passage->fds[0] = fd;
    /* Nobody would answer for a page that is missing: rather a signal than to wait for ever. */
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_MOVE | UFFD_FEATURE_SIGBUS};
    if (ioctl(fd, UFFDIO_API, &api))
        return refuse(fault, "userfaultfd's UFFD_FEATURE_MOVE", " (Linux 6.8 has it)");
    const struct mapping *const both[] = {&passage->producer, &passage->consumer};
    for (size_t i = 0; i < 2; i++) {
        struct uffdio_register wanted = {
            .range = {.start = (uintptr_t)both[i]->base, .len = both[i]->bytes},
            .mode = UFFDIO_REGISTER_MODE_MISSING};
        if (ioctl(fd, UFFDIO_REGISTER, &wanted))
            return refuse(fault, "userfaultfd's UFFDIO_REGISTER", "");
    }
    return 0;
}

/* The kernel moves a part and says how much where it was disturbed (EAGAIN). */
static bool userfaultfd_move(struct passage *passage, const struct mapping *from,
                             const struct mapping *to)
{
    size_t done = 0;
    while (done < passage->bytes) {
        struct uffdio_move wanted = {.dst = (uintptr_t)to->base + done,
                                     .src = (uintptr_t)from->base + done,
                                     .len = passage->bytes - done};
        int status = ioctl(passage->fds[0], UFFDIO_MOVE, &wanted);
        if (status && errno != EAGAIN)
            return passage_fail(passage, "UFFDIO_MOVE");
        done += wanted.move > 0 ? (size_t)wanted.move : 0;
    }
    return true;
}

static bool userfaultfd_hand_over(struct passage *passage)
{
    return userfaultfd_move(passage, &passage->producer, &passage->consumer);
}

static bool userfaultfd_give_back(struct passage *passage)
{
    return userfaultfd_move(passage, &passage->consumer, &passage->producer);
}

static int memfd_map(const struct mapping *where, const struct mapping_request *request, int fd,
                     struct fault *fault)
{
    if (mmap(where->base, where->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
        MAP_FAILED)
        return refuse(fault, "mapping a memfd", "");
    if (request->page == PAGE_THP && madvise(where->base, where->bytes, MADV_HUGEPAGE))
        return refuse(fault, "madvise(MADV_HUGEPAGE) of a memfd", "");
    if (request->page == PAGE_BASE && madvise(where->base, where->bytes, MADV_NOHUGEPAGE) &&
        errno != EINVAL)
        return refuse(fault, "madvise(MADV_NOHUGEPAGE) of a memfd", "");
    if (request->node != NODE_LOCAL)
        return nodes_bind(where->base, where->bytes, request->node, fault);
    return 0;
}

/* One file takes the place of both mappings' memory. */
static int memfd_open(struct passage *passage, const struct mapping_request *request,
                      struct fault *fault)
{
    struct mapping *const both[] = {&passage->producer, &passage->consumer};
    int fd = memfd_create("copycost-remap", MFD_CLOEXEC);
    if (fd < 0)
        return refuse(fault, "memfd_create", "");
    int error = 0;
    if (ftruncate(fd, (off_t)passage->producer.bytes))
        error = refuse(fault, "giving a memfd its size", "");
    for (size_t i = 0; !error && i < 2; i++)
        error = memfd_map(both[i], request, fd, fault);
    close(fd);
    for (size_t i = 0; !error && i < 2; i++) {
        for (size_t at = 0; at < both[i]->bytes; at += passage->page_bytes)
            *(volatile unsigned char *)(both[i]->base + at) = 0;
        mapping_read_back(both[i]);
        if (request->page == PAGE_THP && both[i]->huge_share == 0)
            error = fail(fault, ENOTSUP,
                         "no huge pages granted to a memfd; "
                         "/sys/kernel/mm/transparent_hugepage/shmem_enabled: advise would");
    }
    return error;
}

static bool memfd_hand_over(struct passage *passage)
{
    atomic_store_explicit(&passage->handed, passage->stamp, memory_order_release);
    return atomic_load_explicit(&passage->handed, memory_order_acquire) == passage->stamp;
}

static bool readv_hand_over(struct passage *passage)
{
    size_t done = 0;
    while (done < passage->bytes) {
        struct iovec to = {passage->consumer.base + done, passage->bytes - done};
        struct iovec from = {passage->producer.base + done, passage->bytes - done};
        ssize_t got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
        if (got <= 0)
            return passage_fail(passage, "process_vm_readv");
        done += (size_t)got;
    }
    return true;
}

static int pipe_open(struct passage *passage, const struct mapping_request *request,
                     struct fault *fault)
{
    (void)request;
    if (pipe2(passage->fds, O_CLOEXEC))
        return refuse(fault, "pipe2", "");
    int wanted = passage->bytes < PIPE_BYTES ? (int)passage->bytes : PIPE_BYTES;
    (void)fcntl(passage->fds[1], F_SETPIPE_SZ, wanted); /* else it stays as large as it is */
    int got = fcntl(passage->fds[1], F_GETPIPE_SZ);
    if (got <= 0)
        return refuse(fault, "F_GETPIPE_SZ", "");
    passage->pipe_bytes = (size_t)got;
    return 0;
}

/* All that the pipe holds. */
static bool pipe_read(struct passage *passage, size_t from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = read(passage->fds[0], passage->consumer.base + from + done, bytes - done);
        if (got <= 0)
            return passage_fail(passage, "reading a pipe");
        done += (size_t)got;
    }
    return true;
}

static bool pipe_hand_over(struct passage *passage)
{
    size_t done = 0;
    while (done < passage->bytes) {
        size_t left = passage->bytes - done;
        struct iovec some = {passage->producer.base + done,
                             left < passage->pipe_bytes ? left : passage->pipe_bytes};
        ssize_t given = vmsplice(passage->fds[1], &some, 1, SPLICE_F_GIFT);
        if (given <= 0)
            return passage_fail(passage, "vmsplice");
        if (!pipe_read(passage, done, (size_t)given))
            return false;
        done += (size_t)given;
    }
    return true;
}

const struct mechanism passage_mechanisms[PASSAGE_MECHANISMS] = {
    [PASSAGE_MEMCPY] = {.name = "memcpy", .copies = true, .hand_over = memcpy_hand_over},
    [PASSAGE_MREMAP] = {.name = "mremap",
                        .returns = true,
                        .hand_over = mremap_hand_over,
                        .give_back = mremap_give_back},
    [PASSAGE_MREMAP_DONTUNMAP] = {.name = "mremap_dontunmap", .hand_over = dontunmap_hand_over},
    [PASSAGE_USERFAULTFD] = {.name = "userfaultfd",
                             .returns = true,
                             .open = userfaultfd_open,
                             .hand_over = userfaultfd_hand_over,
                             .give_back = userfaultfd_give_back},
    [PASSAGE_MEMFD] = {.name = "memfd", .open = memfd_open, .hand_over = memfd_hand_over},
    [PASSAGE_PROCESS_VM_READV] = {.name = "process_vm_readv",
                                  .copies = true,
                                  .hand_over = readv_hand_over},
    [PASSAGE_VMSPLICE_GIFT] = {.name = "vmsplice_gift",
                               .copies = true,
                               .open = pipe_open,
                               .hand_over = pipe_hand_over},
};

const char *const passage_names[PASSAGE_MECHANISMS + 1] = {
    "memcpy", "mremap",           "mremap_dontunmap", "userfaultfd",
    "memfd",  "process_vm_readv", "vmsplice_gift",    NULL};
