-- AlterTable
ALTER TABLE "Lineage" ADD COLUMN     "thread" TEXT;

-- AlterTable
ALTER TABLE "Place" ADD COLUMN     "threads" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "Lineage_thread_idx" ON "Lineage"("thread");
