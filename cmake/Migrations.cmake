# Writes migrations/steps/*.sql into one .cpp as raw string literals, in the order of their names.
# cmake -DSTEPS=dir -DOUTPUT=file -P Migrations.cmake
file(GLOB steps ${STEPS}/*.sql)
list(SORT steps)
set(rows "")
foreach(step ${steps})
  get_filename_component(name ${step} NAME_WE)
  file(READ ${step} text)
  string(APPEND rows "    {\"${name}\", R\"step(${text})step\"},\n")
endforeach()
file(WRITE ${OUTPUT}.new "// Generated from migrations/steps.
#include <migrations/migrator.hpp>

namespace trunkline {

namespace {
constexpr Migration steps[] = {
${rows}};
}

std::span<const Migration> all_migrations() { return steps; }

} // namespace trunkline
")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
