import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { icnsFile, icoFile } from '../lab/icon-files.ts';
import { iconFiles } from './render-icons.ts';

const folder = fileURLToPath(new URL('../assets/icons/', import.meta.url));
const pngEdge = (png: Uint8Array) => Buffer.from(png).readUInt32BE(16);

test('the pictures in the repository are those of the sources', () => {
  for (const [path, content] of iconFiles())
    expect(readFileSync(`${folder}${path}`).equals(content), path).toBe(true);
});

test('the four tray states have four shapes, in black alone', () => {
  const states = ['disconnected', 'connecting', 'connected', 'attention'];
  const pictures = states.map((state) =>
    readFileSync(`${folder}tray/tray-${state}Template@2x.png`).toString('base64'),
  );
  expect(new Set(pictures).size).toBe(4);
});

test('an .ico entry points at its picture and says its size', () => {
  const images = [...iconFiles()].flatMap(([path, png]) =>
    /^linux\/(16|256)x/.test(path) ? [{ size: pngEdge(png), png }] : [],
  );
  const ico = icoFile(images);
  expect(ico.readUInt16LE(4)).toBe(2);
  expect([ico.readUInt8(6), ico.readUInt8(22)]).toEqual([16, 0]);
  expect(ico.subarray(ico.readUInt32LE(6 + 12)).readUInt32BE(16)).toBe(16);
  expect(ico.subarray(ico.readUInt32LE(22 + 12)).readUInt32BE(16)).toBe(256);
});

test('the lengths of an .icns file add up to it', () => {
  const icns = icnsFile([
    { size: 128, png: new Uint8Array(10) },
    { size: 256, png: new Uint8Array(20) },
  ]);
  expect(icns.readUInt32BE(4)).toBe(icns.length);
  let at = 8;
  const types: string[] = [];
  while (at < icns.length) {
    types.push(icns.toString('latin1', at, at + 4));
    at += icns.readUInt32BE(at + 4);
  }
  expect(types).toEqual(['ic07', 'ic08', 'ic13']);
  expect(at).toBe(icns.length);
});
