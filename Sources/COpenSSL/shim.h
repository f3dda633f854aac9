// What Swift cannot import of OpenSSL 3: its stacks are macros, and PEM's callbacks want a cast.
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>

// The alternative names of a certificate; free with neoscope_names_free.
static inline GENERAL_NAMES *neoscope_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline void neoscope_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
static inline int neoscope_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

// The kind of a name (GEN_URI, GEN_DNS, GEN_IPADD, …), with its bytes.
static inline int neoscope_name(const GENERAL_NAMES *names, int index, const unsigned char **bytes, int *length) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    *bytes = NULL;
    *length = 0;
    switch (name->type) {
    case GEN_URI:
    case GEN_DNS:
    case GEN_EMAIL:
        *bytes = ASN1_STRING_get0_data(name->d.ia5);
        *length = ASN1_STRING_length(name->d.ia5);
        break;
    case GEN_IPADD:
        *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
        *length = ASN1_STRING_length(name->d.iPAddress);
        break;
    default: break;
    }
    return name->type;
}

// How many certificates a list revokes, and the serial number of each.
static inline int neoscope_revoked_count(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    return revoked ? sk_X509_REVOKED_num(revoked) : 0;
}
static inline const ASN1_INTEGER *neoscope_revoked_serial(X509_CRL *list, int index) {
    return X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), index));
}

// Seconds since the Unix epoch of a time; -1 where it is none. (OpenSSL takes no time for the present one.)
static inline long long neoscope_seconds(const ASN1_TIME *time) {
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? (long long)timegm(&parts) : -1;
}

// One line, as RFC 2253 writes names.
static const unsigned long neoscope_one_line = XN_FLAG_RFC2253;

// A P-256 key.
static inline EVP_PKEY *neoscope_new_key(void) { return EVP_EC_gen("P-256"); }

// PEM without a password.
static inline int neoscope_write_key(BIO *to, const EVP_PKEY *key) {
    return PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL);
}
static inline EVP_PKEY *neoscope_read_key(BIO *from) { return PEM_read_bio_PrivateKey(from, NULL, NULL, (void *)""); }
static inline X509 *neoscope_read_certificate(BIO *from) { return PEM_read_bio_X509(from, NULL, NULL, NULL); }
static inline X509_CRL *neoscope_read_list(BIO *from) { return PEM_read_bio_X509_CRL(from, NULL, NULL, NULL); }
static inline long neoscope_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// Certificates in order; each is added with a reference of its own, and let go of with the stack.
static inline STACK_OF(X509) *neoscope_chain_new(void) { return sk_X509_new_null(); }
static inline int neoscope_chain_add(STACK_OF(X509) *chain, X509 *certificate) {
    return X509_add_cert(chain, certificate, X509_ADD_FLAG_UP_REF);
}
static inline void neoscope_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

// Seconds since the Unix epoch at which the first certificate of a verified chain ends.
static inline long long neoscope_chain_end(X509_STORE_CTX *context) {
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    long long first = INT64_MAX;
    for (int index = 0; chain != NULL && index < sk_X509_num(chain); index++) {
        long long end = neoscope_seconds(X509_get0_notAfter(sk_X509_value(chain, index)));
        if (end < first) first = end;
    }
    return first;
}

// Whether the last failure of reading PEM only says that no further block follows.
static inline int neoscope_is_end_of_pem(void) {
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

// A certificate in DER, and how many bytes follow it; NULL where there is none.
static inline X509 *neoscope_decode_certificate(const unsigned char *bytes, long count, long *rest) {
    const unsigned char *next = bytes;
    X509 *certificate = d2i_X509(NULL, &next, count);
    *rest = count - (long)(next - bytes);
    return certificate;
}
