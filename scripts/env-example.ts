import { variables } from '../src/config.ts';

/** The text of `.env.example`: every variable with what it means, commented out with its example. */
export function envExample(): string {
  const entries = Object.entries(variables).map(([name, { about, example }]) => `# ${about}\n#${name}=${example}\n`);
  return `# Copy to .env and uncomment what you need; npm start reads it. Nothing here is required.\n\n${entries.join('\n')}`;
}
