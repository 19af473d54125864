import type { DeviceRow } from '../../db/schema.ts';

/** The columns of `device` that are about holding traffic back. */
export type GuardColumns = Pick<
  DeviceRow,
  'helper_version' | 'can_guard' | 'is_guard_exempt' | 'guard_seq' | 'guard_event_at' | 'guard_failed'
>;

/** Of a device that has not said what its helper can do. */
export const newGuardState = {
  helper_version: null,
  can_guard: 0,
  is_guard_exempt: 0,
  guard_seq: 0,
  guard_event_at: 0,
  guard_failed: null,
} as const satisfies GuardColumns;
