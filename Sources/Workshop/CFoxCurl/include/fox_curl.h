// One HTTP request through libcurl, taken piece by piece by whoever asked: no thread, no signal, no
// redirect that is followed unseen.
#ifndef FOX_CURL_H
#define FOX_CURL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fox_transfer fox_transfer;

// Takes some bytes of an answer; false ends the request.
typedef bool (*fox_take)(const char *bytes, size_t count, void *context);

typedef struct {
    const char *method;            // GET, HEAD or POST
    const char *url;
    const char *const *fields;     // "Name: value", ended by NULL
    const void *body;              // NULL for none; copied
    size_t body_count;
    const char *authorities;       // a file of certificates, or NULL for the system's
    fox_take head;                 // a line of the header, with its end
    fox_take data;                 // a piece of the body
    void *context;
} fox_request;

// How a request stands.
typedef enum {
    FOX_RUNNING,
    FOX_DONE,
    FOX_UNKNOWN_HOST,
    FOX_NOT_CONNECTED,
    FOX_LOST,
    FOX_INSECURE,
    FOX_OTHER
} fox_state;

// A request that is ready to start; NULL when there is no memory or libcurl refuses its parts.
fox_transfer *fox_transfer_make(const fox_request *request);

// Goes on for at most so many milliseconds, or until something came. Pieces go to `head` and `data`
// meanwhile, on this thread.
fox_state fox_transfer_step(fox_transfer *transfer, int milliseconds);

// What went wrong, in libcurl's words.
const char *fox_transfer_words(const fox_transfer *transfer);

// Ends it, wherever it is.
void fox_transfer_free(fox_transfer *transfer);

#endif
