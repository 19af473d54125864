/** Switches that open the app from outside or weaken it. Fuses cover Node's flags, not Chromium's. */
const forbidden = [
  /^remote-debugging-/,
  /^inspect/,
  /^js-flags$/,
  /^no-sandbox$/,
  /^disable-(setuid-|gpu-)?sandbox/,
  /^disable-web-security$/,
  /^disable-site-isolation/,
  /^load-extension$/,
  /^disable-extensions-except$/,
  /^host-(resolver-)?rules$/,
  /^proxy-/,
  /^ignore-certificate-errors/,
  /^allow-insecure-localhost$/,
  /^user-data-dir$/,
  /^renderer-cmd-prefix$/,
  /^gpu-launcher$/,
  /^utility-cmd-prefix$/,
  /^single-process$/,
  /^enable-blink-features$/,
  /^enable-automation$/,
];

/** Names of the forbidden switches in `argv`, without values. Chromium reads `--x`, and on Windows `/x` and `-x` too. */
export function forbiddenSwitches(argv: readonly string[]): string[] {
  const names = argv
    .slice(1)
    .map((argument) => /^(?:--?|\/)([A-Za-z][A-Za-z0-9-]*)(?:[=:].*)?$/s.exec(argument)?.[1]?.toLowerCase());
  return names.filter(
    (name): name is string => name !== undefined && forbidden.some((rule) => rule.test(name)),
  );
}
