import { mkdirSync, writeFileSync } from 'node:fs';
import { commandsPage } from './command-pages.ts';
import { envExample } from './env-example.ts';
import { parametersPage } from './parameter-pages.ts';

writeFileSync('.env.example', envExample());
mkdirSync('docs/guide', { recursive: true });
writeFileSync('docs/guide/parameters.md', parametersPage('en'));
writeFileSync('docs/guide/parameters.zh.md', parametersPage('zh'));
writeFileSync('docs/guide/commands.md', commandsPage('en'));
writeFileSync('docs/guide/commands.zh.md', commandsPage('zh'));
