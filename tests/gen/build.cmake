# What witgen printed last for two small interfaces, so that a change shows in review. After a wanted
# change, copy the new file from build/gen/ over the one here.
file(GLOB GOLDEN_FILES ${CMAKE_CURRENT_LIST_DIR}/*.golden)
foreach(golden ${GOLDEN_FILES})
  get_filename_component(name ${golden} NAME)
  string(REGEX REPLACE "\\.golden$" "" name ${name})
  string(REGEX REPLACE "[.]" "_" test witgen_${name})
  add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -E compare_files ${GEN_DIR}/${name} ${golden})
endforeach()
