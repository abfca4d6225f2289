-- CreateTable
CREATE TABLE "Setting" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    PRIMARY KEY ("scope", "owner", "key")
);

-- CreateTable
CREATE TABLE "Word" (
    "owner" TEXT NOT NULL,
    "entry" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "replacement" TEXT,

    PRIMARY KEY ("owner", "entry")
);

-- CreateTable
CREATE TABLE "Member" (
    "owner" TEXT NOT NULL,
    "person" TEXT NOT NULL,
    "banned" BOOLEAN NOT NULL DEFAULT false,
    "why" TEXT,
    "credits" REAL,

    PRIMARY KEY ("owner", "person")
);

-- CreateTable
CREATE TABLE "Audit" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "at" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Forgetting" (
    "person" TEXT NOT NULL PRIMARY KEY,
    "askedAt" DATETIME NOT NULL
);

-- AlterTable
ALTER TABLE "Job" ADD COLUMN "notes" JSONB;
ALTER TABLE "Job" ADD COLUMN "spoiler" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Job" ADD COLUMN "spent" REAL NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "Node" ADD COLUMN "spoiler" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Node" ADD COLUMN "removedAt" DATETIME;

-- AlterTable
ALTER TABLE "Place" ADD COLUMN "refused" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Place" ADD COLUMN "unreachableUntil" DATETIME;

-- CreateIndex
CREATE INDEX "Node_author_idx" ON "Node"("author");

-- CreateIndex
CREATE INDEX "Node_removedAt_createdAt_idx" ON "Node"("removedAt", "createdAt");

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_DefaultPreset" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "flow" TEXT NOT NULL DEFAULT 'any',
    "name" TEXT NOT NULL,

    PRIMARY KEY ("scope", "owner", "flow"),
    CONSTRAINT "DefaultPreset_scope_owner_name_fkey" FOREIGN KEY ("scope", "owner", "name") REFERENCES "Preset" ("scope", "owner", "name") ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "new_DefaultPreset" ("name", "owner", "scope") SELECT "name", "owner", "scope" FROM "DefaultPreset";
DROP TABLE "DefaultPreset";
ALTER TABLE "new_DefaultPreset" RENAME TO "DefaultPreset";
CREATE INDEX "DefaultPreset_scope_owner_name_idx" ON "DefaultPreset"("scope", "owner", "name");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "Member_person_idx" ON "Member"("person");

-- CreateIndex
CREATE INDEX "Audit_owner_seq_idx" ON "Audit"("owner", "seq");

-- CreateIndex
CREATE INDEX "Audit_at_idx" ON "Audit"("at");

-- CreateIndex
CREATE INDEX "Audit_by_idx" ON "Audit"("by");
