/** A WireGuard interface as gateway agent and helper use it. Keys are base64url without padding. */

export interface WgPeer {
  publicKey: string;
  presharedKey?: string;
  /** `address:port`. */
  endpoint?: string;
  /** CIDR. */
  allowedIps: string[];
  keepaliveSeconds?: number;
}

export interface WgPeerStats {
  publicKey: string;
  /** Milliseconds since 1970; null before the first handshake. */
  lastHandshakeAt: number | null;
  rxBytes: number;
  txBytes: number;
  endpoint: string | null;
  allowedIps: string[];
}

export interface WgChange {
  privateKey?: string;
  listenPort?: number;
  fwmark?: number;
  /** True: the device ends up with exactly `add`. */
  replacePeers?: boolean;
  add?: WgPeer[];
  /** Public keys. Unknown ones are no error. */
  remove?: string[];
}

/** Userspace (`wireguard-go` over its UAPI socket) or kernel (through `wg`), behind one interface. */
export interface WgDevice {
  readonly interfaceName: string;
  readonly kind: 'userspace' | 'kernel';
  /** Applies everything in one call to the device; resolves when the device has it, rejects with the device's error. */
  apply(change: WgChange): Promise<void>;
  peers(): Promise<WgPeerStats[]>;
  /** Settles when the device has gone by itself (process ended, interface deleted). */
  readonly ended: Promise<{ reason: string }>;
  /** Removes the interface. Idempotent. */
  close(): Promise<void>;
}
