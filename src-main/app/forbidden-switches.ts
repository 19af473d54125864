/** Switches that open the app from outside or weaken it. Fuses cover Node's flags, not Chromium's. */
const forbidden = [
  /^remote-(debugging|allow-origins)/,
  /^(custom-devtools-frontend|auto-open-devtools-for-tabs)$/,
  /^inspect/,
  /^js-flags$/,
  /^no-(sandbox|zygote|zygote-sandbox)$/,
  /^disable-(setuid-|gpu-|namespace-|seccomp-filter-)?sandbox/,
  /^(allow-sandbox-debugging|allow-third-party-modules|disable-features|force-fieldtrials)$/,
  /^disable-web-security$/,
  /^allow-(file-access-from-files|running-insecure-content|insecure-localhost)$/,
  /^unsafely-/,
  /^disable-site-isolation/,
  /^load-extension$/,
  /^disable-extensions-except$/,
  /^host-(resolver-)?rules$/,
  /^(no-)?proxy-/,
  /^auth-(server|negotiate-delegate)-/,
  /^(ssl-key-log-file|log-net-log|net-log-capture-mode)$/,
  /^ignore-certificate-errors/,
  /^(user-data|crash-dumps)-dir$/,
  /^(renderer|utility|zygote)-cmd-prefix$/,
  /^(gpu|plugin)-launcher$/,
  /^browser-subprocess-path$/,
  /^use-fake-(ui|device)-for-media-stream$/,
  /^single-process$/,
  /^(enable-blink-features|enable-experimental-web-platform-features)$/,
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
