variable "session_key" {
  description = "Comes from outside and is kept nowhere else."
  type        = string
  ephemeral   = true
}

module "secrets" {
  source = "../.."

  name        = "morket-try"
  names       = ["MORKET_JWT_KEYS"]
  secrets     = { MORKET_JWT_KEYS = var.session_key }
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
}
