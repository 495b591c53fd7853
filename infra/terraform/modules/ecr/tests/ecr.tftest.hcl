mock_provider "aws" {}

variables {
  name        = "morket"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/test"
}

run "images_are_sealed_scanned_and_stay_what_they_are" {
  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "a tag could be moved to an image that was not tested"
  }
  assert {
    condition     = one(aws_ecr_repository.this.encryption_configuration).kms_key == var.kms_key_arn
    error_message = "images are not sealed with the key"
  }
  assert {
    condition     = one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push
    error_message = "images are not scanned"
  }
}

run "what_is_old_goes_and_enough_stays" {
  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[1].selection.countNumber == 50
    error_message = "want the newest 50 images"
  }
}

run "too_few_images_are_refused" {
  command = plan
  variables {
    keep_images = 2
  }
  expect_failures = [var.keep_images]
}
