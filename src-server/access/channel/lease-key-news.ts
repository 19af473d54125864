import type { ServerFrame } from '../../../src-shared/client-channel.ts';
import { LEASE_AUDIENCE } from '../../../src-shared/lease.ts';
import {
  LEASE_KEY_LIFE_SECONDS,
  LEASE_KEY_TYPE,
  type LeaseKeyClaims,
} from '../../../src-shared/lease-key.ts';
import type { ServerContext } from '../../context.ts';
import { newestLeaseKeyStep } from '../../db/lease-key-rotation.ts';
import { prepared } from '../../db/prepared.ts';
import { signToken } from '../../keys/signed-token.ts';
import type { ClientWire } from './client-hub.ts';

/** How soon the clients hear of what a command has written. */
const LOOK_INTERVAL_MS = 1_000;

/**
 * Tells clients which lease key is next: each that asks, and all of these again when a command has written another step.
 * Signed anew each time, by the key of now; without any step there is nothing to tell.
 */
export class LeaseKeyNews {
  readonly #ctx: ServerContext;
  readonly #asked = new Set<ClientWire>();
  #externalVersion: number;
  /** The newest step that those who asked have been told. */
  #told = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(ctx: ServerContext) {
    this.#ctx = ctx;
    this.#externalVersion = ctx.database.externalVersion();
  }

  start(): void {
    this.#next(() => this.look());
    this.#timer = setInterval(() => this.#next(() => this.#lookIfChanged()), LOOK_INTERVAL_MS);
  }

  #next(round: () => Promise<void>): void {
    this.#running = this.#running
      .then(round)
      .catch((error: unknown) =>
        this.#ctx.log.error({ err: error }, 'the step of the lease key could not be read'),
      );
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** A client takes such words: it is told now and later, until `closed`. */
  async ask(wire: ClientWire): Promise<void> {
    this.#asked.add(wire);
    const frame = await this.#frame();
    if (frame) wire.send(frame);
  }

  closed(wire: ClientWire): void {
    this.#asked.delete(wire);
  }

  /** The helper of a device has the word of this step; of any but the newest nothing is written down. */
  async taken(deviceId: string, step: number): Promise<void> {
    const { db } = this.#ctx.database;
    if ((await newestLeaseKeyStep(db))?.step !== step) return;
    const { rows } = await stepOf(db, { deviceId });
    if (rows[0]?.step !== step) await noteStep(db, { deviceId, step });
  }

  /** Whoever asked hears of a step that there was not yet. */
  async look(): Promise<void> {
    const frame = await this.#frame();
    if (!frame || frame.step <= this.#told) return;
    this.#told = frame.step;
    for (const wire of this.#asked) wire.send(frame);
  }

  async #lookIfChanged(): Promise<void> {
    const version = this.#ctx.database.externalVersion();
    if (version === this.#externalVersion) return;
    await this.look();
    this.#externalVersion = version;
  }

  async #frame(): Promise<Extract<ServerFrame, { type: 'lease-key' }> | null> {
    const { database, keys, now } = this.#ctx;
    const newest = await newestLeaseKeyStep(database.db);
    if (!newest) return null;
    const { step, next_public_key: next } = newest;
    const iat = Math.floor(now() / 1000);
    const claims: LeaseKeyClaims = {
      ...{ iss: keys.serverKey.issuer, aud: LEASE_AUDIENCE, iat, exp: iat + LEASE_KEY_LIFE_SECONDS },
      ...{ step, next },
    };
    return { type: 'lease-key', step, statement: signToken(keys, LEASE_KEY_TYPE, claims) };
  }
}

const stepOf = prepared<{ deviceId: string }, { step: number }>((db, param) =>
  db.selectFrom('device_lease_key').select('step').where('device_id', '=', param('deviceId')),
);
const noteStep = prepared<{ deviceId: string; step: number }, unknown>((db, param) =>
  db
    .insertInto('device_lease_key')
    .values({ device_id: param('deviceId'), step: param('step') })
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet({ step: param('step') })),
);
