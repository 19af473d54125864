/** Each network of a gateway is a route on every laptop. */
export const MAX_NETWORKS = 64;
export const MAX_RESOLVERS = 8;
/** Bytes. Below 1280 there is no IPv6 (RFC 8200 §5). */
export const MTU = { least: 1280, most: 9000 };
/** Addresses of the server that a lease may name. */
export const MAX_CONTROL_ADDRESSES = 16;
