# What each size is made of. infra/README.md says what it carries, and how that was estimated.
locals {
  sizes = {
    small = {
      nat_per_zone = false
      database     = { class = "db.serverless", capacity = { min = 0.5, max = 8 }, instances = 1, io_optimized = false, max_connections = 600 }
      cache        = { type = "cache.t4g.micro", nodes = 1 }
      broker       = { version = "3.13", type = "mq.t3.micro", cluster = false }
      search       = null
      analytics    = null
      tasks = {
        api     = { cpu = 512, memory = 1024, least = 1, most = 2 }
        core    = { cpu = 512, memory = 1024, least = 1, most = null }
        worker  = { cpu = 512, memory = 2048, least = 1, most = 2 }
        scraper = { cpu = 256, memory = 512, least = 1, most = null }
      }
      temporal = { cpu = 512, memory = 1024 }
    }
    medium = {
      nat_per_zone = true
      database     = { class = "db.r8g.large", capacity = { min = 0.5, max = 8 }, instances = 2, io_optimized = false, max_connections = 1200 }
      cache        = { type = "cache.t4g.small", nodes = 2 }
      broker       = { version = "4.2", type = "mq.m7g.large", cluster = true }
      search       = { type = "r7g.large.search", nodes = 2, gb = 200 }
      analytics    = { type = "r7g.large", gb = 200 }
      tasks = {
        api     = { cpu = 1024, memory = 2048, least = 2, most = 6 }
        core    = { cpu = 1024, memory = 2048, least = 2, most = null }
        worker  = { cpu = 1024, memory = 4096, least = 2, most = 6 }
        scraper = { cpu = 512, memory = 1024, least = 2, most = null }
      }
      temporal = { cpu = 1024, memory = 2048 }
    }
    large = {
      nat_per_zone = true
      database     = { class = "db.r8g.4xlarge", capacity = { min = 0.5, max = 8 }, instances = 2, io_optimized = true, max_connections = 4000 }
      cache        = { type = "cache.m7g.large", nodes = 2 }
      broker       = { version = "4.2", type = "mq.m7g.xlarge", cluster = true }
      search       = { type = "r7g.2xlarge.search", nodes = 4, gb = 1000 }
      analytics    = { type = "r7g.2xlarge", gb = 1000 }
      tasks = {
        api     = { cpu = 2048, memory = 4096, least = 3, most = 20 }
        core    = { cpu = 4096, memory = 8192, least = 2, most = null }
        worker  = { cpu = 4096, memory = 8192, least = 3, most = 20 }
        scraper = { cpu = 1024, memory = 2048, least = 2, most = null }
      }
      temporal = { cpu = 4096, memory = 8192 }
    }
  }
  size = local.sizes[var.size]
}
