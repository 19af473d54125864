/** Hands `text` to the browser as a file to save. It never leaves this computer. */
export function saveFile(name: string, text: string, type = 'text/plain'): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has taken its copy of the address by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
