const names: Record<string, string> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

/** The system of a device as its client names it → as people do; what is unknown stays as it is. */
export function platformName(platform: string): string {
  return Object.hasOwn(names, platform) ? (names[platform] ?? platform) : platform;
}
