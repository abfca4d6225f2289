-- AlterTable
ALTER TABLE "Image" ADD COLUMN     "hash" TEXT;
