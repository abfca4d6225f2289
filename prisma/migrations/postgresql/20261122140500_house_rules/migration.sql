-- DropIndex
DROP INDEX "DefaultPreset_scope_owner_name_key";

-- AlterTable
ALTER TABLE "DefaultPreset" DROP CONSTRAINT "DefaultPreset_pkey",
ADD COLUMN     "flow" TEXT NOT NULL DEFAULT 'any',
ADD CONSTRAINT "DefaultPreset_pkey" PRIMARY KEY ("scope", "owner", "flow");

-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "notes" JSON,
ADD COLUMN     "spent" DOUBLE PRECISION NOT NULL DEFAULT 1,
ADD COLUMN     "spoiler" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Node" ADD COLUMN     "removedAt" TIMESTAMP(3),
ADD COLUMN     "spoiler" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Place" ADD COLUMN     "refused" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "unreachableUntil" TIMESTAMP(3);

-- CreateTable
CREATE TABLE "Setting" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSON NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("scope","owner","key")
);

-- CreateTable
CREATE TABLE "Word" (
    "owner" TEXT NOT NULL,
    "entry" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "replacement" TEXT,

    CONSTRAINT "Word_pkey" PRIMARY KEY ("owner","entry")
);

-- CreateTable
CREATE TABLE "Member" (
    "owner" TEXT NOT NULL,
    "person" TEXT NOT NULL,
    "banned" BOOLEAN NOT NULL DEFAULT false,
    "why" TEXT,
    "credits" DOUBLE PRECISION,

    CONSTRAINT "Member_pkey" PRIMARY KEY ("owner","person")
);

-- CreateTable
CREATE TABLE "Audit" (
    "seq" SERIAL NOT NULL,
    "owner" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Audit_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Forgetting" (
    "person" TEXT NOT NULL,
    "askedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Forgetting_pkey" PRIMARY KEY ("person")
);

-- CreateIndex
CREATE INDEX "Member_person_idx" ON "Member"("person");

-- CreateIndex
CREATE INDEX "Audit_owner_seq_idx" ON "Audit"("owner", "seq");

-- CreateIndex
CREATE INDEX "Audit_at_idx" ON "Audit"("at");

-- CreateIndex
CREATE INDEX "Audit_by_idx" ON "Audit"("by");

-- CreateIndex
CREATE INDEX "DefaultPreset_scope_owner_name_idx" ON "DefaultPreset"("scope", "owner", "name");

-- CreateIndex
CREATE INDEX "Node_author_idx" ON "Node"("author");

-- CreateIndex
CREATE INDEX "Node_removedAt_createdAt_idx" ON "Node"("removedAt", "createdAt");
