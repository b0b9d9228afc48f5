#include "fox_curl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct fox_transfer {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *fields;
    fox_take head, data;
    void *context;
    char words[CURL_ERROR_SIZE];
    fox_state state;
};

// libcurl asks that this happens once, before any thread uses it.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
    fox_transfer *t = context;
    return t->head(bytes, size * count, t->context) ? size * count : 0;
}

static size_t take_data(char *bytes, size_t size, size_t count, void *context) {
    fox_transfer *t = context;
    return t->data(bytes, size * count, t->context) ? size * count : 0;
}

static bool set_up(fox_transfer *t, const fox_request *request) {
    CURL *e = t->easy;
    for (const char *const *field = request->fields; *field; field++) {
        struct curl_slist *longer = curl_slist_append(t->fields, *field);
        if (!longer) return false;
        t->fields = longer;
    }
    bool good = true;
#define SET(option, value) good = good && curl_easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_URL, request->url);
#if CURL_AT_LEAST_VERSION(7, 85, 0)
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    // What is asked depends on nothing else: no .netrc, no cookies; proxies come from the environment.
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    // The bytes of the file, not those of a compressed form.
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Whoever asked watches for stalls; an address that does not answer ends earlier.
    SET(CURLOPT_CONNECTTIMEOUT, 30L);
    // A body that trickles would never end: less than 100 bytes a second for two minutes is a loss.
    SET(CURLOPT_LOW_SPEED_LIMIT, 100L);
    SET(CURLOPT_LOW_SPEED_TIME, 120L);
    SET(CURLOPT_BUFFERSIZE, 65536L);
    SET(CURLOPT_ERRORBUFFER, t->words);
    SET(CURLOPT_HTTPHEADER, t->fields);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, take_data);
    SET(CURLOPT_WRITEDATA, t);
    if (request->authorities) SET(CURLOPT_CAINFO, request->authorities);
    if (!strcmp(request->method, "HEAD")) SET(CURLOPT_NOBODY, 1L);
    if (!strcmp(request->method, "POST")) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
        SET(CURLOPT_COPYPOSTFIELDS, request->body ? (const char *)request->body : "");
    }
#undef SET
    return good && curl_multi_add_handle(t->multi, e) == CURLM_OK;
}

fox_transfer *fox_transfer_make(const fox_request *request) {
    pthread_once(&once, initialize);
    fox_transfer *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->head = request->head;
    t->data = request->data;
    t->context = request->context;
    t->multi = curl_multi_init();
    t->easy = curl_easy_init();
    if (t->multi && t->easy && set_up(t, request)) return t;
    fox_transfer_free(t);
    return NULL;
}

static fox_state state_of(CURLcode code) {
    switch (code) {
    case CURLE_OK: return FOX_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return FOX_UNKNOWN_HOST;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT: return FOX_NOT_CONNECTED;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return FOX_LOST;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return FOX_INSECURE;
    default: return FOX_OTHER;
    }
}

fox_state fox_transfer_step(fox_transfer *t, int milliseconds) {
    if (t->state != FOX_RUNNING) return t->state;
    int running = 0;
    CURLMcode code = curl_multi_perform(t->multi, &running);
    if (code == CURLM_OK && running && milliseconds > 0) {
        code = curl_multi_poll(t->multi, NULL, 0, milliseconds, NULL);
        if (code == CURLM_OK) code = curl_multi_perform(t->multi, &running);
    }
    if (code != CURLM_OK) {
        strncpy(t->words, curl_multi_strerror(code), sizeof t->words - 1);
        return t->state = FOX_OTHER;
    }
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(t->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode result = message->data.result;
        if (result != CURLE_OK && !t->words[0])
            strncpy(t->words, curl_easy_strerror(result), sizeof t->words - 1);
        t->state = state_of(result);
    }
    return t->state;
}

const char *fox_transfer_words(const fox_transfer *t) { return t->words; }

void fox_transfer_free(fox_transfer *t) {
    if (!t) return;
    if (t->multi && t->easy) curl_multi_remove_handle(t->multi, t->easy);
    if (t->easy) curl_easy_cleanup(t->easy);
    if (t->multi) curl_multi_cleanup(t->multi);
    curl_slist_free_all(t->fields);
    free(t);
}
