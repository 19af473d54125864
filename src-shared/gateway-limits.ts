/** Each network of a gateway is a route on every laptop. */
export const MAX_NETWORKS = 64;
export const MAX_RESOLVERS = 8;
/** Domains whose names a gateway's resolvers answer, and as many to search. */
export const MAX_DOMAINS = 16;
/** UDP ports on which a gateway listens besides its own. */
export const MAX_ALTERNATE_PORTS = 4;
/** Bytes. Below 1280 there is no IPv6 (RFC 8200 §5). */
export const MTU = { least: 1280, most: 9000 };
/** Addresses of the server that a lease may name. */
export const MAX_CONTROL_ADDRESSES = 16;
