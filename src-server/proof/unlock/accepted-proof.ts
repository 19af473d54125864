import type { DeviceRow } from '../../db/schema.ts';

/** What acceptance writes into the device, for the update that the caller makes anyway. */
export type AcceptedProof = Partial<
  Pick<DeviceRow, 'soft_base_at' | 'code_proof_at' | 'is_code_demanded' | 'grace_until' | 'grace_epoch'>
>;

/** A level B proof: a code, at sign-in, at set-up or at a connection. */
export function codeAccepted(now: number): AcceptedProof {
  return { soft_base_at: now, code_proof_at: now, is_code_demanded: 0 };
}

/** A level A proof. */
export function hardwareAccepted(now: number): AcceptedProof {
  return { soft_base_at: now };
}

/** The code just accepted stands in for that of the next connection, in the device's present epoch. */
export function graceGiven(device: Pick<DeviceRow, 'epoch'>, graceMs: number, now: number): AcceptedProof {
  return graceMs > 0 ? { grace_until: now + graceMs, grace_epoch: device.epoch } : {};
}
