/** Of traffic while nobody has confirmed: from what holds back least to what holds back most. */
export const guardModes = ['off', 'gate', 'always'] as const;
type GuardMode = (typeof guardModes)[number];

export function isStricter(mode: GuardMode, than: GuardMode): boolean {
  return guardModes.indexOf(mode) > guardModes.indexOf(than);
}
