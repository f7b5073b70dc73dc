#include "harness/capture.h"

#include <errno.h>
#include <pcap/pcap.h>

const char *capture_missing(void)
{
    return NULL;
}

static int read_packets(struct histogram *lengths, pcap_t *capture, const char *path,
                        struct fault *fault)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int error = 0, status = 1;
    while (!error && (status = pcap_next_ex(capture, &header, &data)) == 1)
        error = histogram_add(lengths, header->len, 1, fault);
    if (!error && status != PCAP_ERROR_BREAK)
        error = fail(fault, EINVAL, "'%s' can't be read: %s", path, pcap_geterr(capture));
    return error;
}

int capture_read(struct histogram *lengths, const char *path, struct fault *fault)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    pcap_t *capture = pcap_open_offline(path, why);
    if (!capture)
        return fail(fault, EINVAL, "'%s' can't be read as a capture: %s", path, why);
    int error = read_packets(lengths, capture, path, fault);
    pcap_close(capture);
    return error;
}
