-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Place" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "group" TEXT NOT NULL,
    "within" TEXT,
    "language" TEXT,
    "policy" TEXT,
    "votes" BOOLEAN,
    "authors" BOOLEAN,
    "threads" BOOLEAN,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "unreachableUntil" DATETIME
);
INSERT INTO "new_Place" ("authors", "group", "id", "language", "policy", "refused", "threads", "unreachableUntil", "votes") SELECT "authors", "group", "id", "language", "policy", "refused", "threads", "unreachableUntil", "votes" FROM "Place";
DROP TABLE "Place";
ALTER TABLE "new_Place" RENAME TO "Place";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- What nobody chose so far is as it is in the channel a thread hangs on.
UPDATE "Place" SET "policy" = NULL WHERE "policy" = 'anyone';
UPDATE "Place" SET "votes" = NULL WHERE NOT "votes";
UPDATE "Place" SET "authors" = NULL WHERE NOT "authors";
UPDATE "Place" SET "threads" = NULL WHERE NOT "threads";
