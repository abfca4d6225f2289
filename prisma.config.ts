import { defineConfig } from 'prisma/config';

/** For Prisma's own command line (`npx prisma studio` and the like); the program itself reads none of it. */
export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations/sqlite' } });
