import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RevLedger } from './rev-ledger.ts';

describe('the revs of one channel', () => {
  it('begin with a sync of any rev', () => {
    const ledger = new RevLedger();
    expect(ledger.judge('remove', 5)).toMatchObject({ action: 'refuse' });
    expect(ledger.judge('add', 5)).toMatchObject({ action: 'refuse' });
    expect(ledger.isSynced).toBe(false);
    expect(ledger.judge('sync', 7)).toEqual({ action: 'apply' });
    expect(ledger.judge('add', 8)).toEqual({ action: 'apply' });
  });

  it('repeat the answer of a rev that was settled, and none while it is under way', () => {
    const ledger = new RevLedger();
    ledger.judge('sync', 1);
    ledger.judge('add', 2);
    expect(ledger.judge('add', 2)).toEqual({ action: 'repeat', outcome: null });
    ledger.settle(2, { type: 'done' });
    expect(ledger.judge('add', 2)).toEqual({ action: 'repeat', outcome: { type: 'done' } });
    ledger.judge('remove', 4);
    ledger.settle(4, { type: 'failed', error: 'x' });
    expect(ledger.judge('remove', 4)).toEqual({ action: 'repeat', outcome: { type: 'failed', error: 'x' } });
    expect(ledger.judge('sync', 3)).toMatchObject({ action: 'refuse' });
  });

  it('are applied in strictly growing order, none twice, whatever arrives', () => {
    const arrival = fc.tuple(fc.constantFrom('sync', 'add', 'remove'), fc.nat(20));
    void fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
        const ledger = new RevLedger();
        const applied = arrivals.filter(([type, rev]) => ledger.judge(type, rev).action === 'apply');
        const revs = applied.map(([, rev]) => rev);
        expect(revs).toEqual([...new Set(revs)].sort((a, b) => a - b));
        expect(applied[0]?.[0] ?? 'sync').toBe('sync');
      }),
    );
  });

  it('keep a bounded memory', () => {
    const ledger = new RevLedger();
    ledger.judge('sync', 0);
    for (let rev = 1; rev <= 5000; rev += 1) ledger.judge('add', rev);
    expect(ledger.judge('add', 1)).toMatchObject({ action: 'refuse' });
    expect(ledger.judge('add', 5000)).toEqual({ action: 'repeat', outcome: null });
  });
});
