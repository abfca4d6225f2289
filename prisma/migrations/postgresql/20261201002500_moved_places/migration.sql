-- AlterTable
ALTER TABLE "Place" ADD COLUMN     "movedTo" TEXT;
