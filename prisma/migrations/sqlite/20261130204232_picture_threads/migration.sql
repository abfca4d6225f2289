-- AlterTable
ALTER TABLE "Lineage" ADD COLUMN "thread" TEXT;

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Place" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "group" TEXT NOT NULL,
    "language" TEXT,
    "policy" TEXT NOT NULL,
    "votes" BOOLEAN NOT NULL DEFAULT false,
    "authors" BOOLEAN NOT NULL DEFAULT false,
    "threads" BOOLEAN NOT NULL DEFAULT false,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "unreachableUntil" DATETIME
);
INSERT INTO "new_Place" ("authors", "group", "id", "language", "policy", "refused", "unreachableUntil", "votes") SELECT "authors", "group", "id", "language", "policy", "refused", "unreachableUntil", "votes" FROM "Place";
DROP TABLE "Place";
ALTER TABLE "new_Place" RENAME TO "Place";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "Lineage_thread_idx" ON "Lineage"("thread");
