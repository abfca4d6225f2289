-- AlterTable
ALTER TABLE "Person" ADD COLUMN "handle" TEXT;

-- CreateIndex
CREATE INDEX "Person_handle_idx" ON "Person"("handle");
