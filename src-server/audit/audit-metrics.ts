import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import * as z from 'zod';
import { inTurn } from '../../src-node/in-turn.ts';
import type { Db } from '../db/database.ts';
import { newestSeq } from './audit-log.ts';
import type { AuditVerifier, Verification } from './audit-verification.ts';

const SLICE_ROWS = 500;
const STATES: Verification['state'][] = ['never', 'running', 'holds', 'broken', 'failed'];

/**
 * Sign-ins and proofs by outcome, counted from the rows that the audit log has gained since the last scrape: what was
 * taken back is not in it. Refusals beyond the first few of an hour count once it is over. Returns what is to be called
 * when the server begins.
 */
export function registerAuditMetrics(
  registry: Registry,
  db: Db,
  verifier: Pick<AuditVerifier, 'state'>,
): () => Promise<void> {
  const registers = [registry];
  let seen: number | null = null;
  const turn = inTurn();
  const catchUp = (): Promise<void> => turn(readOn);
  const signIns = new Counter({
    name: 'postern_sign_ins_total',
    help: 'Passwords and second factors at a sign-in, by outcome',
    labelNames: ['step', 'outcome'],
    registers,
    collect: catchUp,
  });
  const proofs = new Counter({
    name: 'postern_step_ups_total',
    help: 'Proofs by method (totp, backup-code, pin, uv-hw, uv-soft) and outcome',
    labelNames: ['method', 'outcome'],
    registers,
    collect: catchUp,
  });
  for (const outcome of ['ok', 'refused']) {
    signIns.inc({ step: 'password', outcome }, 0);
    for (const method of ['totp', 'backup-code', 'pin']) proofs.inc({ method, outcome }, 0);
  }
  const chain = new Gauge({
    name: 'postern_audit_chain',
    help: 'How the last verification of the audit chain went: 1 for its state',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of STATES) chain.set({ state }, verifier.state.state === state ? 1 : 0);
    },
  });

  async function readOn(): Promise<void> {
    if (seen === null) {
      seen = await newestSeq(db);
      return;
    }
    for (;;) {
      const rows = await db
        .selectFrom('audit')
        .select(['seq', 'action', 'outcome', 'details_json'])
        .where('seq', '>', seen)
        .orderBy('seq')
        .limit(SLICE_ROWS)
        .execute();
      for (const { action, outcome, details_json } of rows) {
        const [noun, kind = ''] = action.split('.');
        if (noun === 'sign-in') signIns.inc({ step: kind, outcome }, timesIn(details_json));
        if (noun === 'proof') proofs.inc({ method: kind, outcome }, timesIn(details_json));
      }
      seen = rows.at(-1)?.seq ?? seen;
      if (rows.length < SLICE_ROWS) return;
      await nextTurn();
    }
  }
  return catchUp;
}

const repeated = z.object({ count: z.number().int().min(1) });

/** A row may stand for many that were alike. */
function timesIn(detailsJson: string): number {
  return repeated.safeParse(JSON.parse(detailsJson)).data?.count ?? 1;
}
