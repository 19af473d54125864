import {
  type CloseCode,
  closeCodes,
  type ServerFrame,
  type StoredFrame,
} from '../../../src-shared/client-channel.ts';

export interface ClientWire {
  send(frame: ServerFrame): void;
  close(code: CloseCode, reason: string): void;
}

interface Client {
  wire: ClientWire;
  /** Newest seq written to this socket; -1 until the client has said where it resumes. */
  sentSeq: number;
  sessionId: string;
  phase: string | null;
}

/** The devices whose channel is open now: one socket a device, the newest wins. */
export class ClientHub {
  readonly #clients = new Map<string, Client>();
  #onGap: () => void = () => undefined;

  /** Called when a frame is due before earlier ones have been sent: another process wrote them to the record. */
  whenBehind(catchUp: () => void): void {
    this.#onGap = catchUp;
  }

  get openCount(): number {
    return this.#clients.size;
  }

  /** The open channels, for reconciling with the record. */
  open(): { deviceId: string; sessionId: string; sentSeq: number; phase: string | null }[] {
    return [...this.#clients].map(([deviceId, { sessionId, sentSeq, phase }]) => ({
      deviceId,
      sessionId,
      sentSeq,
      phase,
    }));
  }

  attach(deviceId: string, sessionId: string, wire: ClientWire): void {
    this.#clients
      .get(deviceId)
      ?.wire.close(closeCodes.replaced, 'replaced by a newer channel of this device');
    this.#clients.set(deviceId, { wire, sentSeq: -1, sessionId, phase: null });
  }

  detach(deviceId: string, wire: ClientWire): void {
    if (this.#clients.get(deviceId)?.wire === wire) this.#clients.delete(deviceId);
  }

  setPhase(deviceId: string, phase: string): void {
    const client = this.#clients.get(deviceId);
    if (client) client.phase = phase;
  }

  /**
   * Sends what the device has not been sent on this channel. False when no channel is open for it. A frame whose
   * predecessors are missing waits for the catch-up, since a client never looks back behind the newest seq.
   */
  deliver(deviceId: string, frame: StoredFrame): boolean {
    const client = this.#clients.get(deviceId);
    if (client && client.sentSeq >= 0 && frame.seq > client.sentSeq + 1) {
      this.#onGap();
      return true;
    }
    return this.replay(deviceId, frame);
  }

  /** The same for frames that were read from the record in order: what is missing between them has been acked. */
  replay(deviceId: string, frame: StoredFrame): boolean {
    const client = this.#clients.get(deviceId);
    if (!client || client.sentSeq < 0) return false;
    if (frame.seq > client.sentSeq) {
      client.sentSeq = frame.seq;
      client.wire.send(frame);
    }
    return true;
  }

  /** The client told where it resumes: from here on `deliver` works. */
  resume(deviceId: string, wire: ClientWire, afterSeq: number): void {
    const client = this.#clients.get(deviceId);
    if (client?.wire === wire) client.sentSeq = Math.max(client.sentSeq, afterSeq);
  }

  /** The newest seq that this socket was sent; -1 when it is not the device's channel, or has not resumed. */
  sentSeq(deviceId: string, wire: ClientWire): number {
    const client = this.#clients.get(deviceId);
    return client?.wire === wire ? client.sentSeq : -1;
  }

  /** To every open channel, and to nobody later. */
  broadcast(frame: ServerFrame): void {
    for (const { wire, sentSeq } of this.#clients.values()) if (sentSeq >= 0) wire.send(frame);
  }

  close(deviceId: string, code: CloseCode, reason: string): void {
    const client = this.#clients.get(deviceId);
    if (!client) return;
    this.#clients.delete(deviceId);
    client.wire.close(code, reason);
  }

  closeAll(code: CloseCode, reason: string): void {
    for (const deviceId of [...this.#clients.keys()]) this.close(deviceId, code, reason);
  }
}
