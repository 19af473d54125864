/** How long a UDP port of the gateway has for its handshake before the helper tries the next; its client waits for all. */
export const PORT_TURN_MS = 3_000;
