import * as z from 'zod';
import { type Certainty, compare, fits, type Packet } from './rule-match.ts';
import type { Chain, Statement, Table } from './ruleset.ts';

/** What may become of packets in a chain: how they end there, and whether some come out at its end. */
interface Fate {
  ends: Set<'accept' | 'drop'>;
  goesOn: boolean;
}

const goingOn = (): Fate => ({ ends: new Set(), goesOn: true });

/**
 * Whether a chain with a hook drops every packet like this one, whatever else it is. Where some may pass, by a rule
 * that is not understood or asks for what is not known, it does not.
 */
export function dropsAll(table: Table, chain: Chain, packet: Packet): boolean {
  const { ends, goesOn } = walk(table, chain, packet);
  if (goesOn) ends.add(chain.policy === 'drop' ? 'drop' : 'accept');
  return !ends.has('accept');
}

function walk(table: Table, chain: Chain, packet: Packet): Fate {
  const fate = goingOn();
  for (const rule of chain.rules) {
    const certainty = fits(rule, packet);
    if (certainty === 'no') continue;
    for (const part of rule) {
      const step = stepOf(part, table, packet);
      if (step === null) continue;
      for (const end of step.ends) fate.ends.add(end);
      if (certainty === 'yes' && step.leaves === 'chain') return { ...fate, goesOn: step.goesOn };
      if (certainty === 'yes' && !step.goesOn) return { ...fate, goesOn: false };
    }
  }
  return fate;
}

/** `leaves`: what goes on after it does so behind this chain. */
interface Step extends Fate {
  leaves: 'chain' | null;
}

const target = z.object({ target: z.string() });
const named = z.object({ type: z.literal('target'), name: z.enum(['REJECT', 'DROP']) });

function stepOf(part: Statement, table: Table, packet: Packet): Step | null {
  if ('accept' in part || 'queue' in part) return { ends: new Set(['accept']), goesOn: false, leaves: null };
  if ('drop' in part || 'reject' in part || named.safeParse(part.xt).success)
    return { ends: new Set(['drop']), goesOn: false, leaves: null };
  if ('return' in part) return { ...goingOn(), leaves: 'chain' };
  if ('jump' in part) return { ...into(part.jump, table, packet), leaves: null };
  if ('goto' in part) return { ...into(part.goto, table, packet), leaves: 'chain' };
  return 'vmap' in part ? stepByMap(part.vmap, table, packet) : null;
}

function into(where: unknown, table: Table, packet: Packet): Fate {
  const chain = table.chains.get(target.safeParse(where).data?.target ?? '');
  return chain ? walk(table, chain, packet) : goingOn();
}

const vmap = z.object({
  key: z.unknown(),
  data: z.object({ set: z.array(z.tuple([z.unknown(), z.record(z.string(), z.unknown())])) }),
});

function stepByMap(of: unknown, table: Table, packet: Packet): Step {
  const parsed = vmap.safeParse(of);
  // A map by name, or one of several fields: some may pass.
  const unknown: Step = { ends: new Set(['accept']), goesOn: true, leaves: null };
  if (!parsed.success) return unknown;
  const sum: Step = { ...goingOn(), leaves: null };
  for (const [key, verdict] of parsed.data.data.set) {
    const certainty: Certainty = compare('==', parsed.data.key, key, packet);
    if (certainty === 'no') continue;
    const step = stepOf(verdict, table, packet);
    if (step === null) continue;
    if (certainty === 'yes') return step;
    for (const end of step.ends) sum.ends.add(end);
  }
  return sum;
}
