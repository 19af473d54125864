import type { PolicyPreview } from '../../../src-shared/panel/policy.ts';
import type { AdminWords } from '../strings/en.ts';

/** What a save would do, in sentences; the first says how many are connected and what becomes of them. */
export function previewText(preview: PolicyPreview, words: AdminWords['policy']): string[] {
  const { connected, affected, askedForCode, askedForUnlock } = preview;
  const areAllAskedForBoth = affected > 0 && askedForCode === affected && askedForUnlock === affected;
  const becomes = areAllAskedForBoth
    ? [words.bothAsked(affected)]
    : [
        ...(askedForCode > 0 ? [words.asked(askedForCode)] : []),
        ...(askedForUnlock > 0 ? [words.unlockAsked(askedForUnlock)] : []),
      ];
  if (becomes.length === 0 && connected > 0)
    becomes.push(affected > 0 ? words.cut(affected) : words.noneAsked);
  return [
    `${[words.connected(connected), ...becomes].join(', ')}.`,
    ...(preview.mustSetUpUnlock > 0 ? [words.setUpFirst(preview.mustSetUpUnlock)] : []),
    ...(preview.endSooner > 0 ? [words.endSooner(preview.endSooner)] : []),
    ...(preview.mustSetUpMfa > 0 ? [words.setUpMfa(preview.mustSetUpMfa)] : []),
    ...(preview.isTightened ? [words.tightened] : []),
  ];
}
