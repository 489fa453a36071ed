// Makes a component of a JavaScript file: node build.mjs SOURCE WIT WORLD OUT
import { readFile, writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const [source, witPath, worldName, out] = process.argv.slice(2);
const { component } = await componentize(await readFile(source, 'utf8'), { witPath, worldName });
await writeFile(out, component);
