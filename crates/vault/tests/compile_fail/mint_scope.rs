fn promote(scope: vault::Scope, power: u64) -> vault::Scope {
    vault::Scope { power, ..scope }
}

fn operator() -> vault::Operator {
    vault::Operator { tenant: domain::TenantId(1) }
}

fn main() {}
