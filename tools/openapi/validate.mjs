// SPDX-License-Identifier: MIT
// Says whether a file is a valid OpenAPI 3.1 document: node validate.mjs openapi.json
import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';

const file = process.argv[2];
if (!file) {
  console.error('usage: node validate.mjs <openapi.json>');
  process.exit(2);
}
const validator = new Validator();
const result = await validator.validate(JSON.parse(await readFile(file, 'utf8')));
if (!result.valid) {
  console.error(JSON.stringify(result.errors, null, 2));
  process.exit(1);
}
console.log(`valid OpenAPI ${validator.version}`);
