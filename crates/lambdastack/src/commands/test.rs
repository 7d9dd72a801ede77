//! `lambdastack test`: whether what was applied works.

use super::{
    Context,
    method::{Ground, went_wrong},
};
use crate::{cli::TestArgs, failure::unsatisfied, module::Method, output};
use anyhow::Result;

pub(super) fn run(context: &Context, args: &TestArgs) -> Result<u8> {
    let ground = Ground::take(context, &args.files, &args.state.state)?;
    ground.workplace()?;
    let mut wrong = Vec::new();
    for name in ground.modules(Method::Test, &args.only)? {
        let outcome = ground.run(context, &args.ansible.program, Method::Test, &name, &[])?;
        match outcome.failures.is_empty() {
            true => output::write(format!("{name}: works\n").as_bytes())?,
            false => wrong.push(went_wrong(&name, &outcome)),
        }
    }
    ground.workplace()?;
    if wrong.is_empty() { Ok(0) } else { Err(unsatisfied(format!("not everything works\n{}", wrong.join("\n")))) }
}
